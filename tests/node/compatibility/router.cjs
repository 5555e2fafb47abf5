// Tells the compatibility suite's tests where the router is; they know only port 4000.
require("@apollo/federation-subgraph-compatibility-tests/dist/utils/client").ROUTER_URL = process.env.ROUTER_URL;
