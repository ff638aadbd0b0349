package bench;

import java.time.Duration;
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
    public static void main(String[] arguments) {
        Progress progress = new Progress(number("BENCH_ANSWERS"));
        Duration window = Duration.ofSeconds(number("BENCH_WINDOW_S"));
        Duration grace = Duration.ofSeconds(number("BENCH_GRACE_S"));
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(System.getenv("BENCH_TOPIC"), Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
                .process(() -> new Read(progress))
                .groupBy((responseId, key) -> key, Grouped.with(Serdes.String(), Serdes.String()))
                .windowedBy(TimeWindows.ofSizeAndGrace(window, grace))
                .count()
                .toStream()
                .foreach((cell, count) -> progress.counted(cell.window().start() / 1_000, cell.key(), count));
        KafkaStreams streams = new KafkaStreams(builder.build(), settings());
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }

    private static Properties settings() {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, System.getenv("BENCH_GROUP"));
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, System.getenv("BENCH_BROKER"));
        settings.put(StreamsConfig.STATE_DIR_CONFIG, System.getenv("BENCH_DIRECTORY"));
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1_000 * number("BENCH_SAVE_S"));
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        return settings;
    }

    private static long number(String variable) {
        return Long.parseLong(System.getenv(variable));
    }
}
