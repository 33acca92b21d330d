"""O que o exercício original faz, em Python: cria a tabela, insere numa transação e lista. Sem selo e sem verificação."""

import os
import sqlite3
import sys
from datetime import datetime, timezone

caminho, quantos = sys.argv[1], int(sys.argv[2])
PRIMEIROS = [
    ("João Silva", "joao@example.com"),
    ("Maria Santos", "maria@example.com"),
    ("Pedro Oliveira", "pedro@example.com"),
]


def gerar():
    agora = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for id in range(1, quantos + 1):
        nome, email = PRIMEIROS[id - 1] if id <= 3 else (f"Usuário {id}", f"usuario{id}@example.com")
        yield id, nome, email, agora


os.makedirs(os.path.dirname(caminho), exist_ok=True)
banco = sqlite3.connect(caminho)
banco.execute(
    "CREATE TABLE IF NOT EXISTS usuarios (id INTEGER PRIMARY KEY, nome TEXT NOT NULL, "
    "email TEXT NOT NULL, criado_em TEXT NOT NULL)"
)
with banco:
    banco.executemany("INSERT INTO usuarios VALUES (?, ?, ?, ?)", gerar())
for usuario in banco.execute("SELECT * FROM usuarios LIMIT 20"):
    print(*usuario)
print(banco.execute("SELECT count(*) FROM usuarios").fetchone()[0])
banco.close()
