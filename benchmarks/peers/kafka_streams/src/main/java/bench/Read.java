package bench;

import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;

/** Decodes events; passes on what answers count for, at the time when they were given. */
final class Read extends ContextualProcessor<byte[], byte[], byte[], String> {
    private final Progress progress;

    Read(Progress progress) {
        this.progress = progress;
    }

    @Override
    public void process(Record<byte[], byte[]> event) {
        progress.read();
        Answer answer = Answer.read(event.value());
        if (answer != null) {
            context().forward(event.withValue(answer.key()).withTimestamp(answer.millis()));
        }
    }
}
