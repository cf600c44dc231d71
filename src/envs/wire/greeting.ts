/** First bytes of both greetings, LGYM: whoever hears others talks to something else. */
export const MAGIC = 0x4d59474c
