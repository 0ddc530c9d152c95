import fc from 'fast-check';

/** PROPERTY_RUNS=5000 looks for rarer counterexamples than the usual hundred runs of each property find. */
const runs = Number(process.env['PROPERTY_RUNS'] ?? 0);
if (runs > 0) fc.configureGlobal({ numRuns: runs });
