import type { Contexto } from '../contexto.ts';
import { emMilhares } from '../texto.ts';
import { apagarProgresso, mostrarProgresso } from './imprimir.ts';
import { respirar } from './sinais.ts';

const COMECO_MS = 1000;
const INTERVALO_MS = 200;

/** Entre um `respirar` e o seguinte; um passo sem usuários conta como um. */
const USUARIOS_POR_PASSO = 1000;

/** O contexto de um programa: para com o sinal, e mostra o andamento na saída de erros. */
export function criarContexto(parada: AbortSignal): Contexto {
  let avancar = (_usuarios: number) => {};
  let semRespirar = 0;
  return {
    parada,
    respirar: () => respirar(parada),
    /** Um trabalho dentro de outro toma o lugar dele até acabar. */
    comecar(verbo, total) {
      const deFora = avancar;
      avancar = andamentoDe(verbo, total);
      const acabar = () => {
        apagarProgresso();
        avancar = deFora;
      };
      return { [Symbol.dispose]: acabar };
    },
    passo(usuarios) {
      avancar(usuarios);
      semRespirar += Math.max(usuarios, 1);
      if (semRespirar < USUARIOS_POR_PASSO) return;
      semRespirar = 0;
      return respirar(parada);
    },
  };
}

/** Conta os usuários já feitos; depois de um segundo, mostra-os numa linha da saída de erros, se ela é um terminal. */
function andamentoDe(verbo: string, total: number): (usuarios: number) => void {
  const inicio = performance.now();
  let proximaMs = COMECO_MS;
  let feitos = 0;
  return (usuarios) => {
    feitos += usuarios;
    const passouMs = performance.now() - inicio;
    if (passouMs < proximaMs) return;
    proximaMs = passouMs + INTERVALO_MS;
    mostrarProgresso(`${verbo} ${descreverAndamento(feitos, total, passouMs)}`);
  };
}

/** `42 % · 950.000 usuários/s · faltam 6 s`; sem total conhecido, quantos foram feitos e a velocidade. */
export function descreverAndamento(feitos: number, total: number, passouMs: number): string {
  const porSegundo = feitos / (passouMs / 1000);
  const velocidade = `${emMilhares(Math.round(porSegundo))} usuários/s`;
  if (!Number.isFinite(total)) return `${emMilhares(feitos)} · ${velocidade}`;
  const faltam = porSegundo > 0 ? Math.ceil((total - feitos) / porSegundo) : 0;
  return `${Math.floor((100 * feitos) / Math.max(total, 1))} % · ${velocidade} · faltam ${emMilhares(faltam)} s`;
}
