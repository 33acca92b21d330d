// O mesmo que escrever.py, com o node:sqlite do Node.
import { DatabaseSync } from 'node:sqlite';

const [caminho, quantos] = [process.argv[2], Number(process.argv[3])];
const banco = new DatabaseSync(caminho);
banco.exec(
  'CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome TEXT NOT NULL, email TEXT NOT NULL, criado_em TEXT NOT NULL)',
);
const agora = new Date().toISOString();
const inserir = banco.prepare('INSERT INTO usuarios VALUES (?, ?, ?, ?)');
banco.exec('BEGIN');
for (let id = 1; id <= quantos; id++) inserir.run(id, `Usuário ${id}`, `usuario${id}@example.com`, agora);
banco.exec('COMMIT');
banco.close();
