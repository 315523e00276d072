/** What is sent where it does not matter what. */
export const CONTENT = "hello there, this is a message of ordinary length for a chat";
