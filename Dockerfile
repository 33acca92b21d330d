# Uma imagem por programa: docker build --build-arg ENTRADA=escritor.ts .
ARG IMAGEM_BASE=oven/bun:1.4.5-distroless

# A imagem base não tem shell nem mkdir: quem faz a pasta vazia do volume é o Bun. Um WORKDIR numa imagem vazia
# também a faria, mas não no Podman.
FROM ${IMAGEM_BASE} AS vazio
RUN ["/usr/local/bin/bun", "-e", "require('node:fs').mkdirSync('/vazia')"]

# Junta a entrada e o que ela importa num só arquivo: é tudo o que a imagem final leva.
FROM ${IMAGEM_BASE} AS programa
ARG ENTRADA
WORKDIR /fonte
COPY package.json ./
COPY lib ./lib
# Com um nome fixo, porque RUN e ENTRYPOINT em lista não expandem variáveis, e sem shell só há lista.
COPY ${ENTRADA} ./entrada.ts
RUN ["/usr/local/bin/bun", "build", "--target=bun", "--minify", "--outfile=/app/programa.js", "entrada.ts"]

FROM ${IMAGEM_BASE}
COPY --from=programa /app/programa.js /app/programa.js
# Um volume novo herda o dono da pasta que encobre; sem isto seria do root, e ninguém aqui é root.
COPY --from=vazio --chown=65532:65532 /vazia /data
# O mesmo, para o volume de uma memória do leitor.
COPY --from=vazio --chown=65532:65532 /vazia /memoria
ENV BANCO=/data/desafio2.db
WORKDIR /app
# Em número, para que "não é root" possa ser conferido sem ler o /etc/passwd da imagem.
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/bun", "programa.js"]
