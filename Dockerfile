# tcmoa-bench on a CPU. Not built where it was written (docs/installation.md says what was tried); where images can be pulled:
#   docker build -t tcmoa-bench .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" tcmoa-bench run --suite vif
FROM python:3.11-slim
COPY . /src
# A CPU build of a release pair of torch first: the requirement is then met without five gigabytes of CUDA.
RUN pip install --no-cache-dir --index-url https://download.pytorch.org/whl/cpu "torch>=2.9,<2.15" "torchvision>=0.24,<0.30" \
 && pip install --no-cache-dir "/src[cluster,tasks]" \
 && rm -rf /src
# Any user may be given with --user: what is cached then lies in /tmp, and torch asks for a name.
ENV HOME=/tmp USER=bench
USER 1000:1000
WORKDIR /work
ENTRYPOINT ["tcmoa-bench"]
