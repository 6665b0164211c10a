# Two stages: pip works in the first, the second holds what runs and nothing else.
FROM python:3.13-slim AS builder

COPY requirements.txt /tmp/
RUN python -m venv --without-pip /opt/venv \
    && pip --python /opt/venv/bin/python install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/requirements.txt

WORKDIR /app
COPY app.py LICENSE ./
COPY .streamlit .streamlit
COPY core core
COPY ui ui
COPY pages pages
COPY static static
# A checkout made under a strict umask would be closed to the user that runs it. Compiled here, because nothing can be
# written there; the content of an image never changes, so no file is compared with its source.
RUN chmod -R u=rwX,go=rX . && python -m compileall -q --invalidation-mode unchecked-hash app.py core ui pages


FROM python:3.13-slim

# Made here, /data gives its owner to the empty volume that is mounted over it.
RUN install -d -o 10001 -g 10001 -m 0700 /data
COPY --from=builder /opt/venv /opt/venv
COPY --from=builder /app /app

WORKDIR /app
USER 10001:10001
# An address beyond loopback needs an administrator from the start: mount a file with the password and name it in
# CHESHMEH_ADMIN_PASSWORD_FILE, or the dashboard refuses to start.
ENV PATH=/opt/venv/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    CHESHMEH_HOST=0.0.0.0 CHESHMEH_PORT=8501 CHESHMEH_DATA_DIR=/data CHESHMEH_LOG_FORMAT=json
VOLUME /data
EXPOSE 8501
# http.client and not urllib: a proxy in the environment must not be asked about this machine.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import http.client as h, os, sys; c = h.HTTPConnection('127.0.0.1', int(os.environ['CHESHMEH_PORT']), timeout=4); c.request('GET', '/readyz'); sys.exit(c.getresponse().status != 200)"]
CMD ["python", "app.py"]
