import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pastaTemporaria, RAIZ } from '../apoio/projeto.ts';
import type { Docker, Resposta } from './docker.ts';

/** Os serviços de compose.yaml; o copiador só com o perfil dele. */
export const SERVICOS = ['escritor', 'leitor', 'copiador'] as const;
export type Servico = (typeof SERVICOS)[number];

/** Um projeto Compose deste repositório, com nome próprio: tudo o que ele cria no engine começa por esse nome. */
export class Projeto {
  readonly nome: string;
  readonly docker: Docker;

  constructor(nome: string, docker: Docker) {
    this.nome = nome;
    this.docker = docker;
  }

  imagem(servico: Servico): string {
    return `${this.nome}-${servico}`;
  }

  /** `docker compose` sobre `volume`; se ele é `externo`, o Compose não o cria nem o apaga. */
  async compose(volume: string, externo: boolean, argumentos: string[]): Promise<Resposta> {
    return await this.composeComRecibo({ volume, externo, recibo: undefined }, argumentos);
  }

  /** Como `compose`, com $RECIBO no ambiente de quem o chama. */
  async composeComRecibo(
    { volume, externo, recibo }: { volume: string; externo: boolean; recibo: string | undefined },
    argumentos: string[],
  ): Promise<Resposta> {
    const arquivos = ['compose.yaml', ...(externo ? ['compose.externo.yaml'] : [])];
    // O $RECIBO de quem chamou a prova não é para os leitores dela.
    return await this.docker.rodar(
      ['compose', ...arquivos.flatMap((nome) => ['-f', join(RAIZ, nome)]), '-p', this.nome, ...argumentos],
      { ambiente: { VOLUME_DADOS: volume, RECIBO: recibo } },
    );
  }

  /**
   * O que o Compose lê nos nossos arquivos, com VOLUME_DADOS ou sem ela, sem os nomes que a prova lhe dá, com todos os
   * perfis, e ao lado de um `.env` que não é para os programas.
   */
  async configuracao(volume: string | undefined, ...arquivos: string[]): Promise<Resposta> {
    using pasta = pastaTemporaria(`${this.nome}-`);
    for (const nome of arquivos) copyFileSync(join(RAIZ, nome), pasta.em(nome));
    writeFileSync(pasta.em('.env'), 'INTRUSA=1\n');
    const deles = arquivos.flatMap((nome) => ['-f', pasta.em(nome)]);
    const perfis = ['--profile', '*', 'config', '--format', 'json'];
    const ambiente = { VOLUME_DADOS: volume, COMPOSE_PROJECT_NAME: undefined, COMPOSE_FILE: undefined };
    return await this.docker.rodar(['compose', ...deles, ...perfis], { ambiente });
  }

  /** Constrói a imagem dos olhos da prova, sobre a mesma base das outras, sem nada do que é provado. */
  async construirOlhos(): Promise<Resposta> {
    const base = Bun.env.IMAGEM_BASE;
    const opcoes = ['-q', '--network', 'none', ...(base ? ['--build-arg', `IMAGEM_BASE=${base}`] : [])];
    return await this.docker.rodar(['build', ...opcoes, '-t', this.olhos, join(RAIZ, 'prova/dentro')]);
  }

  get olhos(): string {
    return `${this.nome}-olhos`;
  }

  /** O que há no engine com o nome do projeto, ou que o Compose fez para ele com outro nome. */
  async sobras(): Promise<string[]> {
    const doProjeto = `label=com.docker.compose.project=${this.nome}`;
    const listar = async (tipo: string, filtros: string[], ...comando: string[]) => {
      const listas = await Promise.all(
        filtros.map((filtro) => this.docker.listar([...comando, '--filter', filtro], LIMPEZA)),
      );
      return [...new Set(listas.flat())].map((nome) => `${tipo} ${nome}`);
    };
    const porNome = [`name=${this.nome}`, doProjeto];
    const listas = await Promise.all([
      listar('container', porNome, 'ps', '-a', '--format', '{{.Names}}'),
      listar('rede', porNome, 'network', 'ls', '--format', '{{.Name}}'),
      listar('volume', porNome, 'volume', 'ls', '--format', '{{.Name}}'),
      listar(
        'imagem',
        [`reference=${this.nome}*`, doProjeto],
        'images',
        '--format',
        '{{if eq .Tag "<none>"}}{{.ID}}{{else}}{{.Repository}}:{{.Tag}}{{end}}',
      ),
    ]);
    return listas.flat();
  }

  /**
   * Remove do engine tudo o que tem o nome do projeto; devolve o que não conseguiu remover. Um escritor em curso
   * recebe antes um SIGTERM, para não deixar nada pela metade. Depois de uma interrupção, um pedido que o engine
   * já aceitou ainda pode criar algo: só acaba quando nada aparece por dois segundos. Só olha para os `tipos` dados.
   */
  async remover(interrompida: boolean, tipos = REMOCOES.map(([tipo]) => tipo)): Promise<string[]> {
    const procurar = async () =>
      (await this.sobras()).filter((sobra) => tipos.some((tipo) => sobra.startsWith(`${tipo} `)));
    let sobras = await procurar();
    for (let volta = 0, calmas = 0; volta < 10; volta++) {
      calmas = sobras.length === 0 ? calmas + 1 : 0;
      if (calmas === (interrompida ? 3 : 1)) break;
      for (const [tipo, ...comandos] of REMOCOES) {
        const nomes = sobras
          .filter((sobra) => sobra.startsWith(`${tipo} `))
          .map((sobra) => sobra.slice(tipo.length + 1));
        for (const comando of comandos) {
          if (nomes.length > 0) await this.docker.rodar([...comando, ...nomes], LIMPEZA);
        }
      }
      if (interrompida) await Bun.sleep(1000);
      sobras = await procurar();
    }
    return sobras;
  }
}

const LIMPEZA = { limiteMs: 60_000 };

const REMOCOES: [tipo: string, ...comandos: string[][]][] = [
  ['container', ['stop', '-t', '5'], ['rm', '-f', '-v']],
  ['rede', ['network', 'rm']],
  ['volume', ['volume', 'rm', '-f']],
  ['imagem', ['image', 'rm', '-f']],
];
