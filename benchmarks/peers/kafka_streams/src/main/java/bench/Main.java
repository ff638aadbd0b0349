package bench;

import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.TimeWindows;

/** The job in Kafka Streams: keyed anew by way of a topic of its own, counted in windows in RocksDB with a changelog. */
public final class Main {
    // As in job.py, which has the reasons.
    private static final Duration WINDOW = Duration.ofHours(1);
    private static final Duration GRACE = Duration.ofHours(2);
    private static final int SAVE_MS = 1_000;

    public static void main(String[] arguments) {
        Map<String, String> environment = System.getenv();
        Progress progress = new Progress(Long.parseLong(environment.get("BENCH_ANSWERS")));
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(environment.get("BENCH_TOPIC"), Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
                .process(() -> new Read(progress))
                .groupBy((key, answer) -> answer, Grouped.with(Serdes.String(), Serdes.String()))
                .windowedBy(TimeWindows.ofSizeAndGrace(WINDOW, GRACE))
                .count()
                .toStream()
                .foreach((cell, count) -> progress.counted(cell.window().start() / 1_000, cell.key(), count));
        KafkaStreams streams = new KafkaStreams(builder.build(), settings(environment));
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }

    private static Properties settings(Map<String, String> environment) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, environment.get("BENCH_GROUP"));
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, environment.get("BENCH_BROKER"));
        settings.put(StreamsConfig.STATE_DIR_CONFIG, environment.get("BENCH_DIRECTORY"));
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, SAVE_MS);
        return settings;
    }
}
