# Builds the gateway on Debian with compilers, runs it on Debian without them.
#   docker build -t dialtrace .
#   docker run --network host -v ./config:/config:ro -v dialtrace:/data dialtrace
ARG NODE_VERSION=20

FROM node:${NODE_VERSION}-bookworm AS packages
WORKDIR /app
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# Packages apart from sources, so that a change of sources leaves this layer as it is.
COPY package.json package-lock.json ./
COPY scripts scripts
RUN source scripts/lib/setup.sh && need_node && install_dependencies && need_sqlite

# mediasoup's worker, built from the sources in its package. An image without it is no good.
FROM packages AS worker
RUN source scripts/lib/setup.sh && need_worker && worker_works "$worker_binary"

FROM packages AS build
COPY tsconfig.json tsconfig.build.json tsconfig.types.json vite.config.ts vite.dni.config.ts vite.widget.config.ts ./
COPY src src
RUN npm run build \
 && chmod +x dist/cli/main.js \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/.cache node_modules/better-sqlite3/deps node_modules/better-sqlite3/src node_modules/mediasoup/worker
COPY --from=worker /app/node_modules/mediasoup/worker/out/Release/mediasoup-worker \
  node_modules/mediasoup/worker/out/Release/mediasoup-worker

FROM node:${NODE_VERSION}-bookworm-slim
LABEL org.opencontainers.image.title="Dialtrace" \
      org.opencontainers.image.description="Self-hosted call tracking gateway" \
      org.opencontainers.image.licenses="Apache-2.0"
# What a worker that was built here is linked with; it says 41 when it starts without a gateway. What speaks, and reads MP3.
RUN apt-get -q update \
 && apt-get -q install -y --no-install-recommends libssl3 libuv1 libsrtp2-1 libusrsctp2 libabsl20220623 \
    espeak-ng mpg123 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /app/package.json /app/package.json
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
COPY config /app/config
COPY LICENSE /app/LICENSE
RUN node -e "process.exit(require('node:child_process').spawnSync('/app/node_modules/mediasoup/worker/out/Release/mediasoup-worker', { env: {} }).status === 41 ? 0 : 1)" \
 && ln -s /app/dist/cli/main.js /usr/local/bin/dialtrace \
 && install -d -o node -g node -m 0750 /data \
 && install -d -o node -g node -m 0755 /config
# Whatever the configuration file says about places, in the container they are /data.
ENV NODE_ENV=production \
    DIALTRACE_DATABASE__PATH=/data/dialtrace.db \
    DIALTRACE_DATABASE__KEY_FILE=/data/dialtrace.key \
    DIALTRACE_DATABASE__BACKUP_DIRECTORY=/data/backups \
    DIALTRACE_SIP__TLS__DIRECTORY=/data/tls \
    DIALTRACE_RECORDING__DIRECTORY=/data/recordings \
    DIALTRACE_PROMPTS__DIRECTORY=/data/prompts \
    DIALTRACE_RUN_FILE=/data/gateway.json
USER node
# From here the command finds /config/dialtrace.yaml, and the shipped example where there is none.
WORKDIR /
VOLUME ["/config", "/data"]
# SIP (over WebSocket and TLS too), HTTP, the default RTP range, and browsers' media: a port for each worker. With --network
# host none of this is needed.
EXPOSE 5060/udp 5060/tcp 5061/tcp 8088/tcp 8443/tcp 8080/tcp 20000-29999/udp 40000-40015/udp 40000-40015/tcp
STOPSIGNAL SIGTERM
# Asks the address that the running gateway wrote down, whatever port it was given.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "const at = JSON.parse(require('node:fs').readFileSync('/data/gateway.json', 'utf8')); const scheme = at.https ? 'https' : 'http'; require('node:' + scheme).get(scheme + '://' + at.http + '/healthz', { rejectUnauthorized: false }, (answer) => process.exit(answer.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
ENTRYPOINT ["dialtrace"]
CMD ["start"]
