"""What people do today: one krav after the other, over one connection. Arguments: the server, a file with a krav in each line."""
import json
import sys

import requests

session = requests.Session()
session.headers["Authorization"] = "Bearer sandbox"
created = 0
with open(sys.argv[2], encoding="utf-8") as file:
    for line in file:
        answer = session.post(
            sys.argv[1] + "/api/innkreving/innkrevingsoppdrag/v1/innkrevingsoppdrag", json=json.loads(line), timeout=30
        )
        answer.raise_for_status()
        created += bool(answer.json()["kravidentifikator"])
print(created)
