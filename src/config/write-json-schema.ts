// Writes config/headwater.schema.json. Usage: npm run schema
import { writeFileSync } from "node:fs";
import { formatJsonSchema } from "./json-schema.ts";

writeFileSync(new URL("../../config/headwater.schema.json", import.meta.url), formatJsonSchema());
