// Writes config/headwater.schema.json from the configuration's schema. A test fails while they differ.
// Usage: node scripts/build-config-schema.ts
import { writeFileSync } from "node:fs";
import { formatJsonSchema } from "../src/config/json-schema.ts";

writeFileSync(new URL("../config/headwater.schema.json", import.meta.url), formatJsonSchema());
