/** An answered call: who is in it, who hears whom, what keys and REFER do to it, supervisors, pages that come back. */
export { openConversation } from './conversation.ts';
export { resumeCall } from './resume.ts';
export { superviseCall } from './supervise.ts';
