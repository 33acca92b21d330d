// Com `bun --preload`, escreve no fim do programa, em $PICO_EM, o pico de memória que ele teve, em kB (VmHWM de
// proc_pid_status(5)): o `maxRSS` que o núcleo dá depois conta também o de quem o começou.
import { readFileSync, writeFileSync } from 'node:fs';

process.on('exit', () => {
  const [, kB] = readFileSync('/proc/self/status', 'utf8').match(/^VmHWM:\s+(\d+) kB/m) ?? [];
  writeFileSync(process.env.PICO_EM ?? '', kB ?? '');
});
