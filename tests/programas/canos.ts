import { expect, setDefaultTimeout, test } from 'bun:test';
import { bancoTemporario } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, recibosDe, rodar } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa(['python3', 'longos'], 'um cano não bloqueante, que outro processo deixou assim', () => {
  test('cheio, o escritor espera que ande, e nada se perde', async () => {
    using banco = bancoTemporario();
    // O menor cano que o sistema faz, e cheio antes de o escritor começar; só se esvazia, aos poucos, quando ele o enche.
    const roteiro = `
import fcntl, os, select, subprocess, sys, time
ler, escrever = os.pipe()
fcntl.fcntl(escrever, 1031, 1) # F_SETPIPE_SZ
os.set_blocking(escrever, False)
cheio = lambda: not select.select([], [escrever], [], 0)[1]
recheio = 0
while not cheio():
    recheio += os.write(escrever, b' ')
processo = subprocess.Popen(sys.argv[1:], stdout=escrever)
saida = b''
vezes = 0
while processo.poll() is None:
    if cheio():
        vezes += 1
        saida += os.read(ler, 4096)
    time.sleep(0.001)
os.close(escrever)
saida += os.fdopen(ler, 'rb').read()
assert vezes > 2, vezes
sys.stdout.buffer.write(saida[recheio:])
sys.exit(processo.returncode)`;
    const antes = ['python3', '-c', roteiro];
    const { saida, codigo } = await rodar('escritor', ['-b', banco.caminho, '-n', '20', '-e', '100'], {
      antes,
    });
    expect(recibosDe(saida)).toHaveLength(100);
    expect(codigo).toBe(0);
  });

  test('menor do que o laudo, o leitor entrega-o aos pedaços, cada um uma vez', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho, '-n', '500');
    const pedido = ['-b', banco.caminho, '--json', '--limite', '500'];
    const roteiro = `
import fcntl, os, subprocess, sys
ler, escrever = os.pipe()
fcntl.fcntl(escrever, 1031, 1) # F_SETPIPE_SZ
os.set_blocking(escrever, False)
processo = subprocess.Popen(sys.argv[1:], stdout=escrever)
os.close(escrever)
saida = b''
while len(saida) < 1_000_000:
    pedaco = os.read(ler, 4096)
    if not pedaco: break
    saida += pedaco
os.close(ler)
sys.stdout.buffer.write(saida)
sys.exit(processo.wait())`;
    const { saida, codigo } = await rodar('leitor', pedido, { antes: ['python3', '-c', roteiro] });
    expect(saida.length).toBeGreaterThan(3 * 4096);
    expect(saida).toBe((await rodar('leitor', pedido)).saida);
    expect(codigo).toBe(0);
  });
});
