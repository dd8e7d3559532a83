# One image for web, workers and beat; docker-compose.yml says which of them a container is.
FROM python:3.11-slim AS build
RUN python -m venv /opt/jim
COPY requirements.txt /srv/jim/
RUN /opt/jim/bin/pip install --no-cache-dir --require-hashes -r /srv/jim/requirements.txt
COPY . /srv/jim
# Editable, so that templates stay where the settings look for them.
RUN /opt/jim/bin/pip install --no-cache-dir --no-deps -e /srv/jim

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/jim --create-home jim \
    && install -d -o jim -g jim /var/lib/jim/files
COPY --from=build /opt/jim /opt/jim
COPY --from=build /srv/jim /srv/jim
ENV PATH=/opt/jim/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=jim.settings \
    JIM_ENVIRONMENT=production \
    JIM_DATA_DIR=/var/lib/jim \
    JIM_CONNECTOR_FILES=/var/lib/jim/files
USER jim
WORKDIR /srv/jim
EXPOSE 8000
CMD ["jim", "web", "--host", "0.0.0.0"]
