"""The playground: the engine trains in the server, and a page in the browser shows it.

=====================  ====================================================================
`setup`                everything that can be chosen, validated at the border
`errors`               errors in English and Spanish
`table`                from a CSV file to points
`task`                 from a set-up to points, a network and a cost
`steering`             an optimizer that leaves frozen parameters as they are
`run`                  one training in its own thread, steered while it goes on
`pacing`               the number of steps between two commands
`history`              snapshots of a run, thinned but never cut
`worker`               the same run in its own process
`frames`               from a state to the arrays that the page draws
`microscope`           the numbers of one training step
`session`              messages in, messages out, over any connection
`encoding`             a message and its arrays as bytes
`security`             who may speak to the server
`server`               HTTP and WebSocket
`kernel_session`       a session within a notebook's kernel
`widget`               the notebook's widget
`downloads`            files for the user: a program, a notebook, a model, a GIF
`code`                 the program that repeats the training on the screen
`notebook`             the same program in cells
`colors`               the page's colors, for the GIF
=====================  ====================================================================
"""
