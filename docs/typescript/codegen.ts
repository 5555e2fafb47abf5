import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../../resolvers/schema.graphql",
  documents: "src/**/*.ts",
  generates: {
    "src/gql/": {
      preset: "client",
      config: {
        scalars: { Date: "string", DateTime: "string", Sequence: "string", JSON: "unknown" },
        documentMode: "string",
        enumsAsTypes: true,
        useTypeImports: true,
      },
    },
  },
};

export default config;
