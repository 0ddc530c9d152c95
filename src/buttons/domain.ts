/**
 * The domain of addresses that pages call: `sip:sales@web.dialtrace.invalid`. The SIP server lets requests that name it in from
 * anywhere; what they may do their token says. A name that nobody has (RFC 6761 6.4).
 */
export const WEB_DOMAIN = 'web.dialtrace.invalid';
