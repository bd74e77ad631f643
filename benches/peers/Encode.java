import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.zip.GZIPOutputStream;

/** What careful people do today: everything streams. Arguments: the document, where to write the body. */
class Encode {
    public static void main(String[] arguments) throws Exception {
        Path body = Path.of(arguments[1]);
        try (var document = new BufferedInputStream(Files.newInputStream(Path.of(arguments[0])), 1 << 16);
                var gzip = new GZIPOutputStream(new BufferedOutputStream(Files.newOutputStream(body), 1 << 16), 1 << 16);
                var base64 = Base64.getEncoder().wrap(gzip)) {
            document.transferTo(base64);
        }
        System.out.println(Files.size(body));
    }
}
