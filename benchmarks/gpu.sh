#!/bin/sh
# What is to be known of a GPU, in about ten minutes: the paper's Table 6 (640x512; whole windows, so 672x560 for base and
# large) in every number format, equality with the CPU, and an update of both official recipes.
#     sh benchmarks/gpu.sh > gpu.txt
set -e
export OMP_WAIT_POLICY=PASSIVE
for size in base large; do
    python -m benchmarks.model --device cuda --size $size --height 512 --width 640 --repeats 5 \
        --variants lean,tf32,bfloat16,float16,channels_last,compiled,compiled-tf32,compiled-bfloat16
done
python -m benchmarks.model --device cuda --size tiny --height 512 --width 640 --repeats 5 --variants lean,bfloat16
for recipe in head paper; do
    python -m benchmarks.model --device cuda --training $recipe --batch 3 --repeats 3
done
python -m pytest tests/tcmoa -q -m "not slow" -k cuda
