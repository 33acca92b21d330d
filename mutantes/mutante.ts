import type { Condicao } from '../apoio/condicoes.ts';
import type { Troca } from '../apoio/projeto.ts';
import type { Impostor } from './dentro/impostor.ts';

/** Um projeto quebrado de propósito, são em tudo o mais, e quem tem de o detectar. */
export interface Mutante {
  nome: string;
  /** A frase do README, de docs/ ou do contrato que ele desmente. */
  viola: string;
  /** Um programa que fica à frente do de verdade e mente. */
  escritor?: Impostor;
  leitor?: Impostor;
  /** Muda o documento de `compose.yaml`; `pasta` é a da cópia do projeto. */
  compose?(documento: Compose, pasta: string): void;
  /** O que só se pode quebrar por dentro: trechos do código trocados. */
  trocas?: Troca[];
  /** Os programas não funcionam nem no comum, porque o de verdade o recusa. */
  avesso?: boolean;
  /** As cenas da prova que bastam para o reprovar, e como é uma das afirmações que reprovam, ou o que ela viu. */
  prova?: { cenas: number[]; afirmacao: RegExp };
  /** O ensaio que o tem de reprovar, por violações. */
  ensaio?: { nome: string; exemplo?: RegExp; precisa?: Condicao[] };
  /** Os testes de `tests/servidor.test.ts`, pelo nome, que o têm de reprovar: a prova não vê servidores. */
  teste?: string;
}

/** O documento de `compose.yaml`, tanto quanto os mutantes mexem nele. */
export interface Compose {
  name: string;
  services: { escritor: Servico; leitor: Servico; copiador: Servico };
  networks: Record<string, Record<string, unknown>>;
  volumes: Record<string, Record<string, unknown>>;
}

/** Um serviço do Compose. */
export type Servico = Record<string, unknown>;
