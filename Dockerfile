# Builds the gateway on Debian with compilers, runs it on Debian without them.
#   docker build -t dialtrace .
#   docker run --network host -v ./config:/config:ro -v dialtrace:/data dialtrace
ARG NODE_VERSION=20

FROM node:${NODE_VERSION}-bookworm AS build
WORKDIR /app
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# Packages apart from sources, so that a change of sources leaves this layer as it is.
COPY package.json package-lock.json ./
COPY scripts scripts
RUN source scripts/lib/setup.sh && need_node && install_dependencies && need_sqlite
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build \
 && chmod +x dist/cli/main.js \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/.cache node_modules/better-sqlite3/deps node_modules/better-sqlite3/src

FROM node:${NODE_VERSION}-bookworm-slim
LABEL org.opencontainers.image.title="Dialtrace" \
      org.opencontainers.image.description="Self-hosted call tracking gateway" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /app/package.json /app/package.json
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
COPY config /app/config
COPY LICENSE /app/LICENSE
RUN ln -s /app/dist/cli/main.js /usr/local/bin/dialtrace \
 && install -d -o node -g node -m 0750 /data \
 && install -d -o node -g node -m 0755 /config
# Whatever the configuration file says about places, in the container they are /data.
ENV NODE_ENV=production \
    DIALTRACE_DATABASE__PATH=/data/dialtrace.db \
    DIALTRACE_DATABASE__KEY_FILE=/data/dialtrace.key \
    DIALTRACE_DATABASE__BACKUP_DIRECTORY=/data/backups \
    DIALTRACE_RECORDING__DIRECTORY=/data/recordings \
    DIALTRACE_RUN_FILE=/data/gateway.json
USER node
# From here the command finds /config/dialtrace.yaml, and the shipped example where there is none.
WORKDIR /
VOLUME ["/config", "/data"]
# SIP, HTTP and the default RTP range. With --network host none of this is needed.
EXPOSE 5060/udp 5060/tcp 8080/tcp 20000-29999/udp
STOPSIGNAL SIGTERM
# Asks the address that the running gateway wrote down, whatever port it was given.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://' + JSON.parse(require('node:fs').readFileSync('/data/gateway.json', 'utf8')).http + '/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["dialtrace"]
CMD ["start"]
