import { Database } from 'bun:sqlite';
import { expect, setDefaultTimeout, test } from 'bun:test';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { ate } from '../../apoio/processo.ts';
import { bancoTemporario } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { bytesLidos, PRAZO_MS } from '../apoio/processos.ts';
import { escritor, iniciar, pararQuando, recibosDe, terminar } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa('longos', 'outro conteúdo posto no arquivo em que um programa trabalha:', () => {
  test('uma cópia posta por cima (cp) durante a leitura: 75, e não uma aprovação do que já não está lá', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho, '-n', '1000000');
    const mentira = readFileSync(banco.caminho);
    for (let onde = mentira.indexOf('Maria Santos'); onde >= 0; onde = mentira.indexOf('Maria Santos')) {
      mentira.write('Maria Tantos', onde);
    }
    using processo = await pararQuando(
      () => iniciar('leitor', ['-b', banco.caminho, '--json']),
      (pid) => bytesLidos(pid) > mentira.length,
    );
    const descritor = openSync(banco.caminho, 'r+');
    writeSync(descritor, mentira);
    closeSync(descritor);
    processo.kill('SIGCONT');
    const { saida, erros, codigo } = await terminar(processo);
    expect(JSON.parse(saida).aprovado).toBe(false);
    expect(erros).toContain('foi mudado por quem não usa o SQLite durante a leitura');
    expect(codigo).toBe(75);
  });

  test('uma cópia posta por cima (cp) com o escritor no meio de uma transação: 74, sem recibo', async () => {
    using banco = bancoTemporario();
    banco.dispensarConferencia();
    await escritor('-b', banco.caminho, '-n', '3000');
    const antiga = readFileSync(banco.caminho);
    await escritor('-b', banco.caminho, '-n', '3000');
    // Enquanto há um leitor, o COMMIT não passa.
    using lendo = new Database(banco.caminho, { readonly: true });
    lendo.run('BEGIN');
    lendo.query('SELECT count(*) FROM usuarios').get();
    using processo = iniciar('escritor', ['-b', banco.caminho, '-n', '9000']);
    await ate(() => existsSync(`${banco.caminho}-journal`), 'a transação comece');
    writeFileSync(banco.caminho, antiga);
    lendo.close();
    const { saida, erros, codigo } = await terminar(processo);
    expect(recibosDe(saida)).toEqual([]);
    expect(erros).toContain('foi mudado por quem não usa o SQLite durante a gravação');
    expect(codigo).toBe(74);
  });

  test('de volta a um estado antigo entre duas execuções de uma rodada: o escritor para, 65', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    using processo = iniciar('escritor', ['-b', banco.caminho, '-e', '1000000', '--json']);
    const fim = terminar(processo);
    await ate(() => {
      try {
        using outro = new Database(banco.caminho, { readwrite: true });
        outro.run('BEGIN IMMEDIATE');
        if (Number(outro.query('SELECT count(*) FROM execucoes').values()[0]?.[0]) < 4) return false;
        outro.run('DELETE FROM execucoes WHERE id > 1');
        outro.run('DELETE FROM usuarios WHERE id > 3');
        outro.run('COMMIT');
        return true;
      } catch {
        return false;
      }
    }, 'o estado antigo volte');
    const { saida, erros, codigo } = await fim;
    const numeros = recibosDe(saida).map((recibo) => Number.parseInt(recibo, 10));
    expect(new Set(numeros).size).toBe(numeros.length);
    expect(erros).toMatch(/já não tem a execução \d+ com o selo do recibo que esta rodada deu/);
    expect(codigo).toBe(65);
  });
});
