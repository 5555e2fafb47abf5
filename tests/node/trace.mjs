// node trace.mjs BASE64: a trace as Apollo's own library reads it, as JSON.
import { Trace } from "@apollo/usage-reporting-protobuf";

console.log(JSON.stringify(Trace.decode(Buffer.from(process.argv[2], "base64"))));
