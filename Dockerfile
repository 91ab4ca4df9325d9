# Two stages: the first builds a virtual environment, the second holds nothing else.
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY model ./model
COPY service ./service
COPY training ./training
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --constraint requirements.lock '.[parquet]'

FROM python:3.11-slim
COPY --from=build /venv /venv
RUN useradd --create-home --uid 1000 stance
USER 1000
ENV PATH="/venv/bin:$PATH" STANCE_HOST=0.0.0.0 STANCE_HOME=/home/stance/models
EXPOSE 8000
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz')"]
ENTRYPOINT ["stance"]
CMD ["serve"]
