# Two stages: the first builds a virtual environment, the second holds nothing else.
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY model ./model
COPY service ./service
COPY training ./training
# OpenVINO brings what drives Intel's graphics and neural processors; ours runs on the CPU, so they stay behind.
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-cache-dir --constraint requirements.lock '.[parquet,postgres]' \
    && rm /venv/lib/python3.11/site-packages/openvino/libs/libopenvino_intel_gpu_plugin.so \
          /venv/lib/python3.11/site-packages/openvino/libs/libopenvino_intel_npu_plugin.so \
          /venv/lib/python3.11/site-packages/openvino/libs/cache.json

FROM python:3.11-slim
LABEL org.opencontainers.image.title="comment-stance" \
      org.opencontainers.image.description="Labels comments by their stance toward normal relations between Russia and the West." \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /venv /venv
RUN useradd --uid 1000 --no-create-home stance && install --directory --owner=stance --group=stance /data
USER 1000:1000
# All that is written goes to /data and /tmp, so the rest may be read-only.
WORKDIR /data
VOLUME /data
ENV PATH="/venv/bin:$PATH" STANCE_HOST=0.0.0.0 STANCE_PORT=8000 STANCE_HOME=/data
EXPOSE 8000
# Not urllib: it would ask the proxy that the environment names.
HEALTHCHECK --start-period=60s --timeout=10s CMD ["python", "-c", "import os; from http.client import HTTPConnection as C; c = C('127.0.0.1', int(os.environ['STANCE_PORT']), timeout=9); c.request('GET', '/readyz'); exit(c.getresponse().status != 200)"]
ENTRYPOINT ["stance"]
CMD ["serve"]
