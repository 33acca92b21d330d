import type { Mutante, Servico } from '../mutante.ts';

/** Dockerfiles, e um Compose que os usa, que fazem outra imagem do que a que se promete. */
export const DOCKERFILES: Mutante[] = [
  {
    nome: 'dockerfile-com-o-projeto-inteiro',
    viola: 'a imagem tem um só arquivo acima da base',
    trocas: [
      [
        'Dockerfile',
        '--from=programa /app/programa.js /app/programa.js',
        '--from=programa /app /fonte /app/',
      ],
    ],
    prova: { cenas: [1], afirmacao: /acima da base/ },
  },
  {
    nome: 'dockerfile-que-deixa-mudar-o-programa',
    viola: 'só o root pode mudar o programa',
    trocas: [['Dockerfile', 'COPY --from=programa ', 'COPY --chown=65532:65532 --from=programa ']],
    prova: { cenas: [1], afirmacao: /acima da base/ },
  },
  {
    nome: 'dockerfile-com-mais-uma-variavel',
    viola: 'a imagem só acrescenta BANCO ao ambiente da base',
    trocas: [['Dockerfile', 'ENV BANCO=', 'ENV NODE_OPTIONS=--no-warnings BANCO=']],
    prova: { cenas: [1], afirmacao: /acima da base/ },
  },
  {
    nome: 'dockerfile-com-porta-e-volume',
    viola: 'a imagem não abre portas nem cria volumes',
    trocas: [['Dockerfile', 'WORKDIR /app\n', 'WORKDIR /app\nEXPOSE 80\nVOLUME /mais\n']],
    prova: { cenas: [1], afirmacao: /acima da base/ },
  },
  {
    nome: 'dockerfile-como-root',
    viola: 'a imagem não é de root, também sem o Compose',
    trocas: [['Dockerfile', 'USER 65532:65532\n', 'USER 0:0\n']],
    prova: { cenas: [1], afirmacao: /não é de root/ },
  },
  {
    nome: 'dockerfile-que-trabalha-no-volume',
    viola: 'o que há no volume não muda o programa: o Bun lê o bunfig.toml da pasta em que está',
    trocas: [
      ['Dockerfile', 'WORKDIR /app\n# Em', 'WORKDIR /data\n# Em'],
      ['Dockerfile', '"programa.js"]', '"/app/programa.js"]'],
    ],
    prova: { cenas: [1], afirmacao: /acima da base/ },
  },
  {
    nome: 'dockerfile-com-inspetor',
    viola: 'o programa não abre portas',
    trocas: [
      [
        'Dockerfile',
        '["/usr/local/bin/bun", "programa',
        '["/usr/local/bin/bun", "--inspect=0.0.0.0:6499", "programa',
      ],
    ],
    prova: { cenas: [1], afirmacao: /acima da base/ },
  },
  {
    nome: 'dockerignore-vazio',
    viola: 'a construção só leva consigo o que usa',
    trocas: [['.dockerignore', '*\n!package.json', '!package.json']],
    prova: { cenas: [1], afirmacao: /só leva consigo/ },
  },
  {
    nome: 'dockerignore-que-leva-o-env',
    viola: 'a construção só leva consigo o que usa, e não o .env de ninguém',
    trocas: [['.dockerignore', '!lib', '!lib\n!.env']],
    prova: { cenas: [1], afirmacao: /só leva consigo/ },
  },
  {
    nome: 'dockerfile-sem-grupo',
    viola: 'ninguém é root, nem de grupo',
    trocas: [
      ['compose.yaml', 'user: "65532:65532"', 'user: "65532"'],
      ['Dockerfile', 'USER 65532:65532', 'USER 65532'],
    ],
    prova: { cenas: [3], afirmacao: /o usuário é/ },
  },
  {
    nome: 'dockerfile-que-muda-a-base',
    viola: 'a imagem é a base e um arquivo, ainda que o que se mude tenha o mesmo tamanho',
    trocas: [
      [
        'Dockerfile',
        '"entrada.ts"]\n',
        `"entrada.ts"]\nRUN ["/usr/local/bin/bun", "-e", "const p='/etc/passwd',fs=require('fs');fs.writeFileSync(p,fs.readFileSync(p,'utf8').replace('65532:65532','65532:00000'))"]\n`,
      ],
      ['Dockerfile', 'ENV BANCO=', 'COPY --from=programa /etc/passwd /etc/passwd\nENV BANCO='],
    ],
    prova: { cenas: [1], afirmacao: /acima da base/ },
  },
  {
    nome: 'compose-de-copiador-por-acabar',
    viola: 'as três imagens não são de root, e só têm um arquivo acima da base',
    compose: ({ services }) => {
      services.copiador.build = { ...(services.copiador.build as Servico), target: 'programa' };
    },
    prova: { cenas: [1], afirmacao: /imagem do copiador não é de root/ },
  },
  {
    nome: 'compose-de-copiador-noutro-perfil',
    viola: 'o copiador é um serviço do perfil copia',
    compose: ({ services }) => {
      services.copiador.profiles = ['outro'];
    },
    prova: { cenas: [8], afirmacao: /o engine as tem de novo/ },
  },
];
