"""The playground: the real engine trains in the server, and a page in the browser shows it.

=====================  ====================================================================
`setup`                all that can be chosen, checked at the border
`problem`              from a set-up to points, a network and a cost
`steering`             an optimizer whose frozen parameters stand still
`run`                  one training in a thread of its own, steered while it goes on
`history`              moments of a run, thinned and never cut
`pictures`             from a state to the arrays that the page draws
`conversation`         messages in, messages out; knows nothing of sockets
`code`                 a program that does again what is on the screen
`notebook`             the same program in cells
`colors`               the page's colours, for the film
`take`                 files to take home: a program, a notebook, a model, a film
`wire`                 a message and its arrays as bytes
`line`                 a conversation in one process with its training, for a notebook
`widget`               the notebook's widget
`server`               HTTP and WebSocket, and who may speak to them
=====================  ====================================================================
"""
