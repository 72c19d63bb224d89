"""A game of Pong played through a dish: where the ball is told, how a move is read, what teaches."""
