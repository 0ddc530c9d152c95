/** What is different between two versions of a flow. */
export { diffFlows, type FlowChange, formatFlowDiff } from './diff.ts';
