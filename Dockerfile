FROM python:3.13-slim

RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin cheshmeh \
    && install -d -o cheshmeh -g cheshmeh -m 0700 /data
WORKDIR /app

COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

COPY app.py LICENSE ./
COPY .streamlit .streamlit
COPY core core
COPY ui ui
COPY pages pages
COPY static static

USER 10001:10001
# An address beyond loopback needs an administrator from the start: mount a file with the password and name it in
# CHESHMEH_ADMIN_PASSWORD_FILE, or the dashboard refuses to start.
ENV CHESHMEH_HOST=0.0.0.0 CHESHMEH_DATA_DIR=/data CHESHMEH_LOG_FORMAT=json PYTHONDONTWRITEBYTECODE=1
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ.get('CHESHMEH_PORT', '8501')}/healthz\", timeout=4)"]
CMD ["python", "app.py"]
