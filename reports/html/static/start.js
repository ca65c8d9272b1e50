"use strict";
viewer.follow();
enhanceTables();
