/** Flows as drawings: boxes for a terminal, SVG for a page. */
export { drawFlow } from './drawing.ts';
export { drawingSvg } from './svg.ts';
export { type DrawnPart, drawingText } from './terminal.ts';
