# syntax=docker/dockerfile:1

# Everything that the build needs, the compilers included.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund

# What runs: production packages, the compiled server and the built client.
FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 SMARTPERSONA_DATA_DIR=/app/.data
WORKDIR /app
RUN install -d -o node -g node /app/.data
# The only places that the server writes to: everything else may be read-only.
VOLUME ["/app/.data", "/tmp"]
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# `npm run` starts it before a command; it finds the build and no tools, and builds nothing.
COPY --from=build /app/scripts/build.mjs ./scripts/
# A number: Kubernetes cannot tell from a name that it is not root.
USER 1000
EXPOSE 4000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=600s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/server/app/main.js"]
