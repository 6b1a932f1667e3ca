# One image for the API, the workers, the trainer and the deliverer; docker-compose.yml and
# ops/kubernetes say which command runs.
ARG PYTHON=python:3.13-slim-bookworm

FROM ${PYTHON} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/moderation
ENV PATH=/opt/moderation/bin:${PATH}
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY moderation moderation
COPY workers workers
COPY models models
RUN pip install --no-deps --no-build-isolation .

FROM ${PYTHON}
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin moderation
COPY --from=build /opt/moderation /opt/moderation
ENV PATH=/opt/moderation/bin:${PATH} PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    MODERATION_HOST=0.0.0.0
USER 10001:10001
EXPOSE 8000
# Of the API; whoever runs another command turns it off.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["moderation", "api"]
