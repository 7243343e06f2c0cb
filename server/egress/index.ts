/** Requests from this server to others. */

export { createPost, urlProblem, type Post } from './post.js';
