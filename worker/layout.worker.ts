/** ELK answers here, off the main thread; the script itself listens for the messages of `elk-api`. */
import 'elkjs/lib/elk-worker.min.js'
