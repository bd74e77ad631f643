"""What people do today: the whole result parsed, each document decoded and written. Arguments: the result, a folder."""
import base64
import os
import sys
import xml.etree.ElementTree as ElementTree

NAMESPACE = "{no:skatteetaten:fastsetting:formueinntekt:skattemeldingognaeringsspesifikasjon:response:v2}"

written = 0
with open(sys.argv[1], "rb") as file:
    # As it comes from an HTTP client: whole.
    result = ElementTree.fromstring(file.read())
for document in result.iter(NAMESPACE + "dokument"):
    content = base64.b64decode(document.find(NAMESPACE + "content").text)
    with open(os.path.join(sys.argv[2], document.find(NAMESPACE + "type").text + ".xml"), "wb") as file:
        file.write(content)
    written += len(content)
print(written)
