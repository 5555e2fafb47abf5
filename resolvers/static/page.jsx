// The page at /graphql: GraphiQL with the example queries that the page brings along. See README.md here.
import 'graphiql/style.css';

import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';

const examples = JSON.parse(document.getElementById('queries').textContent);
const fetcher = createGraphiQLFetcher({ url: window.location.pathname, enableIncrementalDelivery: false });

createRoot(document.getElementById('graphiql')).render(
  <GraphiQL fetcher={fetcher} defaultTabs={examples} defaultEditorToolsVisibility="variables" isHeadersEditorEnabled={false} />,
);
