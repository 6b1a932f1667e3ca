# One image for the API, the workers and the trainer; docker-compose.yml says which command runs.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

COPY requirements.lock .
RUN pip install --require-hashes -r requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY moderation moderation
COPY workers workers
COPY models models
RUN pip install --no-deps --no-build-isolation -e . \
    && useradd --system --no-create-home moderation

USER moderation
EXPOSE 8000
CMD ["moderation", "api"]
