package bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Reports as benchmarks/progress.py does: what was read, and the end once so many answers are counted. */
final class Progress {
    private static final int EVERY = 1_000;
    private static final OperatingSystemMXBean PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private final long answers;
    private final Map<String, Long> counts = new HashMap<>();
    private long events;
    private long total;

    Progress(long answers) {
        this.answers = answers;
    }

    synchronized void read() {
        if (++events % EVERY == 0) {
            report("");
        }
    }

    synchronized void counted(long start, String key, long count) {
        Long before = counts.put(start + " " + key, count);
        total += count - (before == null ? 0 : before);
        if (total >= answers) {
            String all = counts.entrySet().stream()
                    .map(cell -> "\"" + cell.getKey() + "\":" + cell.getValue())
                    .collect(Collectors.joining(","));
            report(",\"done\":true,\"counts\":{" + all + "}");
        }
    }

    private void report(String more) {
        double wall = System.nanoTime() / 1e9;
        double cpu = PROCESS.getProcessCpuTime() / 1e9;
        System.out.println("{\"events\":" + events + ",\"wall\":" + wall + ",\"cpu\":" + cpu + more + "}");
    }
}
