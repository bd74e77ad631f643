"""What people do today: an envelope put together in memory. Arguments: the document, where to write the envelope."""
import base64
import sys

with open(sys.argv[1], "rb") as file:
    content = base64.b64encode(file.read()).decode("ascii")
envelope = f"""<?xml version="1.0" encoding="UTF-8"?>
<skattemeldingOgNaeringsspesifikasjonRequest xmlns="no:skatteetaten:fastsetting:formueinntekt:skattemeldingognaeringsspesifikasjon:request:v2">
<dokumenter><dokument><type>naeringsspesifikasjon</type><encoding>utf-8</encoding><content>{content}</content></dokument></dokumenter>
<inntektsaar>2024</inntektsaar>
</skattemeldingOgNaeringsspesifikasjonRequest>""".encode("utf-8")
with open(sys.argv[2], "wb") as file:
    file.write(envelope)
print(len(envelope))
