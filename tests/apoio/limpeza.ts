/** O que desfazer quando os testes terminam, também se um sinal os interrompe. */
const pendentes = new Set<() => void>();

/** Registra `desfazer`; devolve uma função que o executa já e o esquece. */
export function aoTerminar(desfazer: () => void): () => void {
  pendentes.add(desfazer);
  return () => {
    if (pendentes.delete(desfazer)) desfazer();
  };
}

function desfazerTudo(): void {
  for (const desfazer of [...pendentes].reverse()) {
    pendentes.delete(desfazer);
    try {
      desfazer();
    } catch (erro) {
      process.stderr.write(`limpeza: ${erro}\n`);
    }
  }
}

process.on('exit', desfazerTudo);
for (const [sinal, codigo] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.on(sinal, () => {
    desfazerTudo();
    process.exit(codigo);
  });
}
