import { describe, expect, test } from 'bun:test';
import { emParalelo, esperarTodas } from '../apoio/paralelo.ts';

describe('esperarTodas()', () => {
  test('dá o que cada uma deu, na ordem delas', async () => {
    expect(await esperarTodas([Promise.resolve(1), Promise.resolve(2)])).toEqual([1, 2]);
  });

  test('se uma rejeita, rejeita também, mas só depois de acabarem as outras', async () => {
    const outra = Promise.withResolvers<number>();
    let acabou = false;
    const todas = esperarTodas([Promise.reject(new Error('falhou')), outra.promise]).finally(() => {
      acabou = true;
    });
    await Bun.sleep(0);
    expect(acabou).toBe(false);
    outra.resolve(1);
    await expect(todas).rejects.toThrow('falhou');
  });
});

describe('emParalelo()', () => {
  test('faz cada item uma vez, com o seu lugar, e nunca mais do que tantos ao mesmo tempo', async () => {
    const feitos: string[] = [];
    let agora = 0;
    let maximo = 0;
    await emParalelo(['a', 'b', 'c', 'd', 'e'], 2, async (item, indice) => {
      maximo = Math.max(maximo, ++agora);
      await Bun.sleep(0);
      feitos.push(`${indice}${item}`);
      agora--;
    });
    expect(feitos.sort()).toEqual(['0a', '1b', '2c', '3d', '4e']);
    expect(maximo).toBe(2);
  });

  test('rejeita com o erro de um item', async () => {
    const falhar = emParalelo([1, 2], 2, async (item) => {
      if (item === 2) throw new Error('falhou');
    });
    await expect(falhar).rejects.toThrow('falhou');
  });
});
