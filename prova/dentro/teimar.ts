import { existsSync, readdirSync, readFileSync } from 'node:fs';

/*
 * Na imagem do escritor, como texto de `bun -e`: roda o programa dela sobre cada pasta de /data que lhe dão, e diz, em
 * JSON, com que código saiu e se mudou um byte que fosse. O último elemento diz se ele criou o arquivo de $BANCO.
 */

function resumir(pasta: string): string {
  const arquivos = readdirSync(pasta).sort();
  return arquivos
    .map((nome) => {
      try {
        return `${nome} ${Bun.hash(readFileSync(`${pasta}/${nome}`))}`;
      } catch {
        return `${nome} não se lê`;
      }
    })
    .join('\n');
}

const vistos: unknown[] = process.argv.slice(1).map((numero) => {
  const pasta = `/data/${numero}`;
  const antes = resumir(pasta);
  const comando = [process.execPath, 'programa.js', '-b', `${pasta}/desafio2.db`];
  const { exitCode } = Bun.spawnSync(comando);
  return { codigo: exitCode, igual: resumir(pasta) === antes };
});
await Bun.write(Bun.stdout, `${JSON.stringify([...vistos, existsSync('/data/desafio2.db')])}\n`);
