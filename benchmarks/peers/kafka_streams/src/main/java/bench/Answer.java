package bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.OffsetDateTime;

/** What an NPS answer counts for, and when: all that the job needs of an event. */
record Answer(String key, long millis) {
    private static final JsonFactory JSON = new JsonFactory();

    /** The answer in an event; null for any other event, and for one that cannot be read. */
    static Answer read(byte[] value) {
        String kpi = null, at = null, channel = "unknown";
        int score = -1;
        try (JsonParser parser = JSON.createParser(value)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                parser.nextToken();
                switch (field) {
                    case "kpi" -> kpi = parser.getText();
                    case "occurred_at" -> at = parser.getText();
                    case "channel" -> channel = parser.getText();
                    case "score" -> score = parser.getIntValue();
                    default -> parser.skipChildren();
                }
            }
            if (!"nps".equals(kpi) || at == null || score < 0 || score > 10) {
                return null;
            }
            String group = score >= 9 ? "promoters" : score >= 7 ? "passives" : "detractors";
            return new Answer(channel + ":" + group, OffsetDateTime.parse(at).toInstant().toEpochMilli());
        } catch (IOException | DateTimeException unreadable) {
            return null;
        }
    }
}
