// Com `bun --preload`, escreve no fim do programa, em $CARREGADOS_EM, os módulos que ele carregou, um por linha.
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  writeFileSync(process.env.CARREGADOS_EM ?? '', Object.keys(require.cache).join('\n'));
});
