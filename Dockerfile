# tcmoa-bench on a CPU. Not built where it was written (no daemon there); build it where images can be pulled:
#   docker build -t tcmoa-bench .
#   docker run --rm -v "$PWD:/work" tcmoa-bench run --suite vif
FROM python:3.11-slim
COPY . /src
# A CPU build of a release pair of torch first: the requirement is then met without five gigabytes of CUDA.
RUN pip install --no-cache-dir --index-url https://download.pytorch.org/whl/cpu torch torchvision \
 && pip install --no-cache-dir "/src[cluster,tasks]" \
 && rm -rf /src \
 && useradd --create-home bench
USER bench
WORKDIR /work
ENTRYPOINT ["tcmoa-bench"]
